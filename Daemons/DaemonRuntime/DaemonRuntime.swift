// DaemonRuntime
