// DaemonContract
