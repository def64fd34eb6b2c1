import DaemonRuntime
import Hive

DaemonMain.run(HiveService.definition)
