// HiveLifecycle
