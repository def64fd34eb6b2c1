import Context
import DaemonRuntime

DaemonMain.run(ContextDaemon.definition)
