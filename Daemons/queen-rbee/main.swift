import DaemonRuntime
import Queen

DaemonMain.run(QueenService.definition)
