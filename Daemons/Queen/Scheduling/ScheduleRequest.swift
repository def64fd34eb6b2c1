package import OperationContract

/// What a request asks of the worker that is to answer it.
package struct ScheduleRequest: Hashable, Sendable {
    /// The model it must serve.
    package var model: String
    /// The worker it must be.
    package var workerID: String?
    /// The hive it must belong to.
    package var hiveID: String?
    /// What it must compute on: a device (`cuda:0`), or a kind of device (`cuda`).
    package var device: String?
    /// The workers that were tried already and failed.
    package var excluding: Set<String>

    package init(model: String, workerID: String? = nil, hiveID: String? = nil, device: String? = nil, excluding: Set<String> = []) {
        self.model = model
        self.workerID = workerID
        self.hiveID = hiveID
        self.device = device
        self.excluding = excluding
    }

    /// What an `infer` operation asks for.
    package init(_ request: InferRequest) {
        self.init(model: request.model, workerID: request.workerID, hiveID: request.hiveID, device: request.device)
    }

    /// Whether a worker computes on what was asked for.
    func accepts(device worker: String) -> Bool {
        guard let device = device?.lowercased() else { return true }
        let worker = worker.lowercased()
        return worker == device || worker.hasPrefix(device + ":")
    }
}

/// Who is to answer a request.
package enum ScheduleDecision: Hashable, Sendable {
    /// This worker.
    case worker(WorkerEntry)
    /// Nobody yet, but these workers that fit are starting.
    case starting([String])
    /// Nobody, for this reason.
    case nobody(ScheduleRefusal)
}

/// Why nobody can answer a request.
package enum ScheduleRefusal: Hashable, Sendable {
    /// No worker has the id that was asked for.
    case unknownWorker(id: String)
    /// The worker that was asked for serves another model.
    case otherModel(worker: String, serves: String, asked: String)
    /// The worker that was asked for belongs to another hive or computes on another device than was asked for too.
    case otherPlace(worker: String, hive: String, device: String)
    /// The worker that was asked for takes no requests, for this reason.
    case notAvailable(worker: String, reason: String)
    /// No worker that takes requests serves the model where it was asked for. `failed` were tried and did not answer.
    case noWorker(model: String, hive: String?, device: String?, failed: Int)

    /// Whether starting a worker would help. A worker that was asked for by its id cannot be replaced by another.
    package var canStart: Bool {
        switch self {
        case .noWorker: true
        case .unknownWorker, .otherModel, .otherPlace, .notAvailable: false
        }
    }

    /// What is wrong and what helps, for people.
    package var message: String {
        switch self {
        case .unknownWorker(let id): "no worker is called \(id); rbee-keeper status shows those there are"
        case .otherModel(let worker, let serves, let asked): "worker \(worker) serves the model \(serves), not \(asked)"
        case .otherPlace(let worker, let hive, let device): "worker \(worker) belongs to hive \(hive) and computes on \(device)"
        case .notAvailable(let worker, let reason): "worker \(worker) takes no requests: \(reason)"
        case .noWorker(let model, let hive, let device, let failed):
            "no worker\(hive.map { " of hive \($0)" } ?? "")\(device.map { " on \($0)" } ?? "") serves the model \(model)"
                + (failed > 0 ? " (\(failed) did not answer)" : "") + "; start one with: rbee-keeper worker start --model \(model)"
        }
    }
}
