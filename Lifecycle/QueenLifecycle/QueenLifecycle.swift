// QueenLifecycle
