internal import DaemonContract
internal import HTTP
package import OperationContract

extension Router {
    /// How long an inference goes on that nobody reads any more: long enough to come back with `Last-Event-ID`.
    package static let inferenceAbandonment: Duration = .seconds(10)

    /// Adds the endpoints of jobs: make one of an operation, list them, follow one, cancel one.
    ///
    /// A client that leaves a stream does not cancel the job; `DELETE` does. Only an inference ends by itself ten seconds after its last
    /// reader left, since nobody could ever read what it still makes.
    ///
    /// - Parameters:
    ///   - check: refuses operations that are none of this daemon's, before a job is made.
    ///   - perform: carries out an operation and says through the job what there is to say.
    package mutating func jobs(
        _ jobs: JobRegistry, check: @escaping @Sendable (Operation) throws -> Void = { _ in },
        perform: @escaping @Sendable (Operation, Job) async throws -> Void
    ) {
        // The jobs themselves are what keeps the daemon: asking for one, or about one, is use all the same.
        post(JobPath.jobs) { request, _ in
            let operation = try ContractJSON.decode(Operation.self, from: try await request.collectBody())
            try check(operation)
            var abandonment: Duration?
            if case .infer = operation { abandonment = Self.inferenceAbandonment }
            let job = try jobs.submit(operation.name.rawValue, abandonment: abandonment) { try await perform(operation, $0) }
            return .json(JobResponse(jobID: job.id))
        }
        get(JobPath.jobs) { _, _ in .json(JobList(jobs: jobs.all.map(\.info))) }
        get(JobPath.job("{id}")) { _, parameters in .json(try Self.find(parameters["id"], jobs).info) }
        delete(JobPath.job("{id}")) { _, parameters in
            let job = try Self.find(parameters["id"], jobs)
            guard job.cancel() else { throw RequestError.conflict("the job has ended already", code: "already_ended") }
            return .json(job.info)
        }
        get(JobPath.stream("{id}"), use: .uses) { request, parameters in
            let job = try Self.find(parameters["id"], jobs)
            return JobStream.response(job, after: request.headers["Last-Event-ID"].flatMap { UInt64($0) })
        }
    }

    private static func find(_ id: String, _ jobs: JobRegistry) throws(RequestError) -> Job {
        guard let job = jobs.job(id) else { throw .notFound("there is no job \(id); it may have ended a while ago") }
        return job
    }
}

/// The jobs a daemon knows.
struct JobList: Codable, Sendable {
    var jobs: [JobInfo]
}

/// A job's events as server-sent events.
enum JobStream {
    static func response(_ job: Job, after lastID: UInt64?) -> HTTPResponse {
        HTTPResponse(
            headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store"],
            content: .stream { writer in
                let reader = job.reader(after: lastID)
                while let bytes = bytes(of: try await reader.next()) { try await writer.write(bytes) }
            })
    }

    /// What is written for what a reader found: events that came together in one piece; `nil` after the end.
    private static func bytes(of next: Job.Next) -> [UInt8]? {
        switch next {
        case .events(let events):
            events.flatMap { SSEEvent(event: $0.event.name, id: String($0.id), data: $0.event.data).encoded }
        case .gap(let missed):
            SSEEvent(event: "gap", data: #"{"missed":\#(missed)}"#).encoded
        case .quiet:
            Array(": keep-alive\n\n".utf8)
        case .ended:
            nil
        }
    }
}
