/// What one process of a hive takes up.
public struct ProcessStats: Codable, Hashable, Sendable {
    /// Its process id.
    public var pid: UInt32
    /// The group it belongs to (`worker`).
    public var group: String
    /// Its name within the group.
    public var instance: String
    /// Processor time, in percent of one core.
    public var cpuPercent: Double
    /// Resident memory, in mebibytes.
    public var rssMB: UInt64
    /// What it reads from disk, in mebibytes a second.
    public var readMBPerSecond: Double
    /// What it writes to disk, in mebibytes a second.
    public var writeMBPerSecond: Double
    /// For how long it has been running, in whole seconds.
    public var uptimeSecs: UInt64
    /// Use of its device, in percent.
    public var gpuUtilPercent: Double
    /// Memory of its device that it takes, in mebibytes.
    public var vramMB: UInt64
    /// All memory of its device, in mebibytes.
    public var totalVramMB: UInt64
    /// The model it serves.
    public var model: String?

    /// Makes stats.
    public init(
        pid: UInt32, group: String, instance: String, cpuPercent: Double = 0, rssMB: UInt64 = 0, readMBPerSecond: Double = 0,
        writeMBPerSecond: Double = 0, uptimeSecs: UInt64 = 0, gpuUtilPercent: Double = 0, vramMB: UInt64 = 0, totalVramMB: UInt64 = 0,
        model: String? = nil
    ) {
        self.pid = pid
        self.group = group
        self.instance = instance
        self.cpuPercent = cpuPercent
        self.rssMB = rssMB
        self.readMBPerSecond = readMBPerSecond
        self.writeMBPerSecond = writeMBPerSecond
        self.uptimeSecs = uptimeSecs
        self.gpuUtilPercent = gpuUtilPercent
        self.vramMB = vramMB
        self.totalVramMB = totalVramMB
        self.model = model
    }

    private enum CodingKeys: String, CodingKey {
        case pid, group, instance, model
        case cpuPercent = "cpu_pct"
        case rssMB = "rss_mb"
        case readMBPerSecond = "io_r_mb_s"
        case writeMBPerSecond = "io_w_mb_s"
        case uptimeSecs = "uptime_s"
        case gpuUtilPercent = "gpu_util_pct"
        case vramMB = "vram_mb"
        case totalVramMB = "total_vram_mb"
    }
}
