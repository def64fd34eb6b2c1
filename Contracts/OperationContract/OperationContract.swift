// OperationContract
