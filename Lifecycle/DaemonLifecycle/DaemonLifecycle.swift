// DaemonLifecycle
