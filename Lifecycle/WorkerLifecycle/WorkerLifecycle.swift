// WorkerLifecycle
