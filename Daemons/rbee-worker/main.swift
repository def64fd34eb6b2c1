import DaemonRuntime
import Worker

DaemonMain.run(WorkerDaemon.definition)
