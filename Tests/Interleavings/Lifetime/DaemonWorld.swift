import DaemonRuntime

/// One daemon from its start to its exit: clients that work, ping, look, and hold leases, its idle clock, its drain, and the timers of both.
///
/// The machines are the product's own; played are the runtime around them, as `Lifetime`, `RequestHandler` and `DaemonRuntime` are written, and
/// time, which passes in ticks of a nanosecond.
struct DaemonWorld: Model {
    struct Wrong: OptionSet {
        let rawValue: Int
        /// The end of idleness is found in one step and acted on in another, and requests in between are taken.
        static let expiresInTwoSteps = Wrong(rawValue: 1)
        /// Of a request only the beginning counts as use.
        static let countsTheBeginning = Wrong(rawValue: 2)
        /// Looking is use.
        static let lookingRenews = Wrong(rawValue: 4)
        /// The timer of idleness is not set again after it came in vain.
        static let forgetsTheTimer = Wrong(rawValue: 8)
        /// A drain waits for its requests and nothing else.
        static let waitsForEver = Wrong(rawValue: 16)
        /// A drain does not wait for the requests that are under way.
        static let forgetsRequests = Wrong(rawValue: 32)
    }

    struct Setting {
        var clients = 2
        /// Ticks after which nothing is looked at any more.
        var horizon: UInt64 = 7
        var ttl: UInt64 = 2
        /// What the TTL may be set to meanwhile.
        var ttls: [UInt64] = []
        var works = true
        var leases = false
        var pings = false
        var looks = false
        /// What may end the daemon beside idleness.
        var ends: [DrainMachine.Event] = []
        /// Requests, and the service's close, may take for ever.
        var hangs = false
        /// A drain's timer may come a tick early.
        var comesEarly = false
    }

    enum Client: UInt8 {
        case idle, working
        /// Its request was answered that the daemon is ending, or will answer no more.
        case refused
    }

    /// What is true, as a bystander would write it down.
    struct Truth: Hashable {
        var lastUse: UInt64 = 0
        /// Until when each client's lease lasts.
        var leases: [UInt64?]
        /// Who holds a lease by a connection.
        var holds: [Bool]
        var isEnding = false
        var beganToEnd: UInt64 = 0
        var longest: UInt64 = 0
        var signals = 0
        var hasExpired = false
    }

    struct State: Hashable {
        var now: UInt64 = 0
        var lifetime: LifetimeMachine
        var drain: DrainMachine
        var phase = Phase.starting
        var clients: [Client]
        var idleTimer: UInt64?
        var drainTimer: UInt64?
        var isDrainTimerEarly = false
        /// The end of idleness was found and is not yet acted on: only in a wrong daemon.
        var expiryIsPending = false
        var isFinishing = false
        var isClosing = false
        var isAbandoned = false
        var exits = 0
        var truth: Truth
    }

    enum Phase: UInt8 {
        case starting, serving, draining
    }

    enum Step {
        case tick
        case up
        case request(Int)
        case done(Int)
        case ping(Int)
        case look(Int)
        case setTTL(UInt64)
        case takeLease(Int), renewLease(Int), releaseLease(Int), hold(Int), letGo(Int)
        case idleTimer
        case actOnExpiry
        case end(DrainMachine.Event)
        case drainTimer
        case quiet, closed
    }

    static let leaseSpan: UInt64 = 2
    let setting: Setting
    let wrong: Wrong
    private let limits: DrainMachine.Limits

    init(_ setting: Setting, _ wrong: Wrong = []) {
        self.setting = setting
        self.wrong = wrong
        var limits = DrainMachine.Limits()
        (limits.grace, limits.longestGrace, limits.hurry, limits.closing) = (2, 3, 1, 1)
        self.limits = limits
    }

    var beginnings: [State] {
        let lifetime = LifetimeMachine(ttl: setting.ttl, now: Monotonic(nanoseconds: 0))
        var state = State(
            lifetime: lifetime, drain: DrainMachine(limits: limits), clients: Array(repeating: .idle, count: setting.clients),
            truth: Truth(leases: Array(repeating: nil, count: setting.clients), holds: Array(repeating: false, count: setting.clients)))
        // Coming up is use.
        _ = tell(.workBegan, &state)
        return [state]
    }

    /// Time is cut at the horizon; who still waits then is owed nothing that the drain's limits do not already promise.
    func isEnd(_ state: State) -> Bool { state.exits > 0 || (state.now == setting.horizon && !state.truth.isEnding) }

    // MARK: What may happen

    func steps(from state: State) -> [Step] {
        if isEnd(state) { return [] }
        var steps: [Step] = []
        // A drain's timer is on time; the one of idleness may be late.
        let isDue = (state.drainTimer.map { $0 <= state.now } ?? false)
        if !isDue, state.now < setting.horizon || state.truth.isEnding { steps.append(.tick) }
        if isDue || (setting.comesEarly && state.drainTimer == state.now + 1 && !state.isDrainTimerEarly) { steps.append(.drainTimer) }
        if let timer = state.idleTimer, timer <= state.now { steps.append(.idleTimer) }
        if state.expiryIsPending { steps.append(.actOnExpiry) }
        if state.drain.state == .starting { steps.append(.up) }
        for client in state.clients.indices { add(client, state, &steps) }
        for ttl in setting.ttls where ttl != state.lifetime.ttl && state.phase == .serving { steps.append(.setTTL(ttl)) }
        if state.now < setting.horizon || state.truth.isEnding {
            for event in setting.ends where mayHappen(event, state) { steps.append(.end(event)) }
        }
        let isQuiet = !state.clients.contains(.working) || state.isAbandoned || wrong.contains(.forgetsRequests)
        if state.isFinishing, isQuiet { steps.append(.quiet) }
        if state.isClosing, !setting.hangs { steps.append(.closed) }
        return steps
    }

    private func mayHappen(_ event: DrainMachine.Event, _ state: State) -> Bool {
        guard case .signal = event else { return !state.truth.isEnding }
        return state.truth.signals < 2
    }

    private func add(_ client: Int, _ state: State, _ steps: inout [Step]) {
        if state.clients[client] == .working {
            if !setting.hangs { steps.append(.done(client)) }
            return
        }
        guard state.clients[client] == .idle, state.phase != .starting else { return }
        if setting.works { steps.append(.request(client)) }
        if setting.pings { steps.append(.ping(client)) }
        if setting.looks { steps.append(.look(client)) }
        guard setting.leases else { return }
        let (lease, holds) = (state.truth.leases[client], state.truth.holds[client])
        if lease == nil, !holds { steps += [.takeLease(client), .hold(client)] }
        if lease != nil { steps += [.renewLease(client), .releaseLease(client)] }
        if holds { steps.append(.letGo(client)) }
    }

    func describe(_ step: Step, from state: State) -> String {
        "\(state.now): \(step)  [\(state.phase), \(state.lifetime.state), in flight \(state.lifetime.inFlight)]"
    }
}
