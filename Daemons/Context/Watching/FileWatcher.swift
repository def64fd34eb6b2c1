internal import ContextContract

/// Notices by itself when files of a project change, so that clients need not tell. Where there is none, they do.
protocol FileWatcher: Sendable {
    /// Watches these folders of the project from now on, and no others. The empty name is the project itself.
    func watch(_ folders: Set<String>)

    /// Watches nothing any more.
    func stop()
}

/// What a watcher saw.
enum WatchEvent: Sendable, Equatable {
    /// A file, relative to the project.
    case file(String, FileChange)
    /// Anything may have changed: events were lost, or a folder came or went.
    case everything
    /// Not all folders can be watched. The text says why.
    case limited(String)
}
