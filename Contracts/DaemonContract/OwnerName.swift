/// The names of owners: who a daemon belongs to, as an identity that outlives any process of it.
///
/// An owner is `keeper`, `hive/NAME`, or whatever name a library's caller gives itself.
public enum OwnerName {
    /// The command line of this user.
    public static let keeper = "keeper"

    /// A hive, which owns the workers it starts.
    public static func hive(_ instance: String) -> String { "hive/\(instance)" }

    /// A queen, which owns the hive it starts.
    public static func queen(_ instance: String) -> String { "queen/\(instance)" }

    /// Whether a name may be an owner's: one or two instance names with a slash between them.
    public static func isValid(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && parts.allSatisfy { InstanceName.isValid(String($0)) }
    }

    /// The owner as part of a file name: the slash, which a name cannot hold otherwise, becomes `~`.
    ///
    /// - Throws: `invalidName` when the name is no owner's.
    public static func fileComponent(_ name: String) throws(ContractError) -> String {
        guard isValid(name) else {
            throw ContractError(.invalidName, "\"\(name)\" is no owner: expected a name like keeper or hive/localhost")
        }
        return String(name.map { $0 == "/" ? "~" : $0 })
    }
}
