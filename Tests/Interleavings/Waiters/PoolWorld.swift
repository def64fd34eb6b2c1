@testable import HTTP

/// Clients that share the connections of one pool, a server that closes them, and deadlines.
///
/// The machine is the product's own; played are `HTTPClientPool` around it, and the connections.
struct PoolWorld: Model {
    struct Wrong: OptionSet {
        let rawValue: Int
        /// Who wants a connection that was not used before waits, though others lie idle.
        static let freshWaitsBesideIdle = Wrong(rawValue: 1)
        /// A connection that cannot be opened keeps its place.
        static let keepsThePlace = Wrong(rawValue: 2)
        /// Who gave up waiting is still given a connection.
        static let servesTheGone = Wrong(rawValue: 4)
    }

    struct Setting {
        var clients = 3
        var limit = 2
        var idleLimit = 2
        var closes: UInt8 = 2
        /// How many requests each client sends.
        var requests: UInt8 = 2
    }

    struct Client: Hashable {
        enum Stage: UInt8 {
            case resting, opening, waiting
            /// It has been resumed and does not run yet.
            case given, mayOpen
            case using
            /// Its connection was gone; it has not asked for another one yet.
            case retries
        }
        var stage = Stage.resting
        var connection: UInt8 = 0
        var isReused = false
        /// It was sent once on a connection that was gone, and wants another one now.
        var wantsFresh = false
        var left: UInt8
    }

    struct State: Hashable {
        var machine: HTTPPoolMachine<UInt8>
        var clients: [Client]
        /// The connections that are open, as bits.
        var open: UInt8 = 0
        /// Those that the server has closed and nobody has noticed.
        var gone: UInt8 = 0
        var closes: UInt8
    }

    enum Step {
        case ask(Int), opened(Int), openFailed(Int), resumed(Int), givesUp(Int), answered(Int), closedUnder(Int)
        case serverCloses(UInt8), noticed(UInt8)
    }

    let setting: Setting
    let wrong: Wrong

    init(_ setting: Setting = .init(), _ wrong: Wrong = []) {
        self.setting = setting
        self.wrong = wrong
    }

    var beginnings: [State] {
        [
            State(
                machine: HTTPPoolMachine(limit: setting.limit, idleLimit: setting.idleLimit),
                clients: Array(repeating: Client(left: setting.requests), count: setting.clients), closes: setting.closes)
        ]
    }

    func isEnd(_ state: State) -> Bool { state.clients.allSatisfy { $0.stage == .resting && $0.left == 0 } }

    func steps(from state: State) -> [Step] {
        var steps: [Step] = []
        for (index, client) in state.clients.enumerated() {
            switch client.stage {
            case .resting: if client.left > 0 { steps.append(.ask(index)) }
            case .retries: steps.append(.ask(index))
            case .opening: steps += [.opened(index), .openFailed(index)]
            case .waiting: steps.append(.givesUp(index))
            case .given, .mayOpen: steps.append(.resumed(index))
            case .using:
                let isGone = state.gone & bit(client.connection) != 0
                steps += isGone ? [.closedUnder(index)] : [.answered(index)]
            }
        }
        if isEnd(state) { return steps }
        for connection in UInt8(0)..<8 where state.open & bit(connection) != 0 {
            if state.gone & bit(connection) == 0 {
                if state.closes > 0 { steps.append(.serverCloses(connection)) }
            } else if state.machine.idle.contains(connection) {
                steps.append(.noticed(connection))
            }
        }
        return steps
    }

    private func bit(_ connection: UInt8) -> UInt8 { 1 << connection }

    func take(_ step: Step, in state: inout State) -> String? {
        switch step {
        case .ask(let index):
            if state.clients[index].stage == .resting { state.clients[index].left -= 1 }
            acquire(index, &state)
        case .opened(let index):
            let connection = UInt8((~state.open).trailingZeroBitCount)
            state.open |= bit(connection)
            use(connection, index, isReused: false, &state)
        case .openFailed(let index):
            rest(index, &state)
            if !wrong.contains(.keepsThePlace) { leave(nil, &state) }
        case .resumed(let index):
            if state.clients[index].stage == .mayOpen {
                state.clients[index].stage = .opening
            } else {
                claim(state.clients[index].connection, index, &state)
            }
        case .givesUp(let index):
            if !wrong.contains(.servesTheGone) { state.machine.gaveUp(index) }
            rest(index, &state)
        case .answered(let index):
            let connection = state.clients[index].connection
            rest(index, &state)
            switch state.machine.released(connection) {
            case .keep: break
            case .close: state.open &= ~bit(connection)
            case .give(let next):
                guard state.clients[next].stage == .waiting else { return "a connection is given to nobody" }
                (state.clients[next].stage, state.clients[next].connection) = (.given, connection)
            }
        case .closedUnder(let index):
            let client = state.clients[index]
            close(client.connection, &state)
            rest(index, &state)
            // It is sent again, once, on a connection that was not used before.
            if client.isReused, !client.wantsFresh {
                (state.clients[index].wantsFresh, state.clients[index].stage) = (true, .retries)
            }
        case .serverCloses(let connection):
            state.closes -= 1
            state.gone |= bit(connection)
        case .noticed(let connection): close(connection, &state)
        }
        return law(state)
    }

    private func acquire(_ index: Int, _ state: inout State) {
        let isFresh = state.clients[index].wantsFresh
        if wrong.contains(.freshWaitsBesideIdle), isFresh, state.machine.open == setting.limit, !state.machine.idle.isEmpty {
            // As it was: an idle connection is no room.
            state.clients[index].stage = .waiting
            return
        }
        switch state.machine.acquire(index, fresh: isFresh) {
        case .use(let connection): claim(connection, index, &state)
        case .open: state.clients[index].stage = .opening
        case .replace(let idle):
            state.open &= ~bit(idle)
            state.gone &= ~bit(idle)
            state.clients[index].stage = .opening
        case .wait: state.clients[index].stage = .waiting
        }
    }

    private func claim(_ connection: UInt8, _ index: Int, _ state: inout State) {
        guard state.open & bit(connection) != 0, state.gone & bit(connection) == 0 else {
            if state.open & bit(connection) != 0 { close(connection, &state) }
            state.clients[index].stage = .resting
            return acquire(index, &state)
        }
        use(connection, index, isReused: true, &state)
    }

    private func use(_ connection: UInt8, _ index: Int, isReused: Bool, _ state: inout State) {
        (state.clients[index].stage, state.clients[index].connection, state.clients[index].isReused) = (.using, connection, isReused)
    }

    private func rest(_ index: Int, _ state: inout State) {
        state.clients[index] = Client(left: state.clients[index].left)
    }

    private func close(_ connection: UInt8, _ state: inout State) {
        state.open &= ~bit(connection)
        state.gone &= ~bit(connection)
        leave(connection, &state)
    }

    private func leave(_ connection: UInt8?, _ state: inout State) {
        if let next = state.machine.closed(connection), state.clients[next].stage == .waiting { state.clients[next].stage = .mayOpen }
    }

    private func law(_ state: State) -> String? {
        let busy = state.clients.count { $0.stage != .resting && $0.stage != .waiting && $0.stage != .retries }
        let opening = state.clients.count { $0.stage == .opening || $0.stage == .mayOpen }
        if state.machine.open != state.open.nonzeroBitCount + opening { return "the pool has lost count of its connections" }
        if state.machine.open > setting.limit { return "more connections than allowed" }
        if state.clients.contains(where: { $0.stage == .waiting }), busy == 0 { return "a request waits, and nothing is under way" }
        return nil
    }

    func describe(_ step: Step, from state: State) -> String {
        "\(step)  [open \(String(state.open, radix: 2)), idle \(state.machine.idle), \(state.clients.map(\.stage))]"
    }
}
