package import HTTP

/// What the parameters of a path matched, decoded.
package struct RouteParameters: Hashable, Sendable {
    private let values: [String: String]

    package init(_ values: [String: String]) {
        self.values = values
    }

    /// What `{name}` matched. A name that is not in the path is a mistake of the program.
    package subscript(name: String) -> String {
        guard let value = values[name] else {
            preconditionFailure("no parameter {\(name)} in the path")  // a literal beside the route's path: no request chooses it
        }
        return value
    }
}

/// Whether a request keeps the daemon alive (law 9).
package enum RouteUse: Hashable, Sendable {
    /// Looks, and keeps nothing alive. A stream that only looks is cut when the daemon drains.
    case looks
    /// Uses the daemon, for as long as the answer takes.
    case uses
}

/// The endpoints of a daemon.
package struct Router {
    /// Answers a request. What it throws becomes an error of the right status.
    package typealias Handler = @Sendable (HTTPRequest, RouteParameters) async throws -> HTTPResponse

    struct Route: Sendable {
        let access: AccessRule.Access
        let use: RouteUse
        /// Whether it is answered while the service is still coming up.
        let answersWhileStarting: Bool
        let handler: Handler
    }

    private(set) var table = RouteTable<Route>()
    /// Whether routes added now are the runtime's own.
    var isCommon = false

    init() {}

    /// Adds an endpoint. Paths are exact; `{name}` matches one segment, a last `{name...}` the rest.
    ///
    /// - Parameters:
    ///   - access: what it takes to be allowed; `open` for GET, else `change`.
    ///   - use: whether it keeps the daemon alive; GET looks, everything else uses.
    package mutating func on(
        _ method: HTTPMethod, _ path: String, access: AccessRule.Access? = nil, use: RouteUse? = nil, _ handler: @escaping Handler
    ) {
        let isGet = method == .get
        table.add(
            method.rawValue, path,
            Route(
                access: access ?? (isGet ? .open : .change), use: use ?? (isGet ? .looks : .uses), answersWhileStarting: isCommon,
                handler: handler))
    }

    package mutating func get(
        _ path: String, access: AccessRule.Access? = nil, use: RouteUse? = nil, _ handler: @escaping Handler
    ) {
        on(.get, path, access: access, use: use, handler)
    }

    package mutating func post(
        _ path: String, access: AccessRule.Access? = nil, use: RouteUse? = nil, _ handler: @escaping Handler
    ) {
        on(.post, path, access: access, use: use, handler)
    }

    package mutating func put(
        _ path: String, access: AccessRule.Access? = nil, use: RouteUse? = nil, _ handler: @escaping Handler
    ) {
        on(.put, path, access: access, use: use, handler)
    }

    package mutating func delete(
        _ path: String, access: AccessRule.Access? = nil, use: RouteUse? = nil, _ handler: @escaping Handler
    ) {
        on(.delete, path, access: access, use: use, handler)
    }
}
