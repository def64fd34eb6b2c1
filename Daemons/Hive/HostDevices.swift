package import OperationContract

/// What a model can run on here, as the kernel's files tell: the processor always, graphics cards where their drivers say so.
package struct HostDevices: Sendable {
    /// Where `/proc` and `/sys` are: elsewhere in tests.
    private let root: String

    package init(root: String = "") {
        self.root = root
    }

    package func read() -> [HiveDevice] {
        nvidia() + amd() + [processor()]
    }

    private func processor() -> HiveDevice {
        let name = value(of: "model name", in: "/proc/cpuinfo") ?? "processor"
        let kibibytes = value(of: "MemTotal", in: "/proc/meminfo").flatMap { UInt64($0.prefix { $0.isNumber }) }
        return HiveDevice(id: "CPU-0", name: name, deviceType: "cpu", vramGB: kibibytes.map { UInt32(clamping: $0 / (1 << 20)) })
    }

    private func nvidia() -> [HiveDevice] {
        let folder = "/proc/driver/nvidia/gpus"
        return KernelFile.entries(root + folder).sorted().enumerated().map { index, entry in
            let name = value(of: "Model", in: "\(folder)/\(entry)/information") ?? "NVIDIA graphics card"
            return HiveDevice(id: "GPU-\(index)", name: name, deviceType: "cuda")
        }
    }

    private func amd() -> [HiveDevice] {
        let folder = "/sys/class/drm"
        let cards = KernelFile.entries(root + folder).filter { $0.hasPrefix("card") && $0.dropFirst(4).allSatisfy(\.isNumber) }.sorted()
        let memories = cards.compactMap { card -> UInt64? in
            KernelFile.text("\(root)\(folder)/\(card)/device/mem_info_vram_total").flatMap { UInt64($0.prefix { $0.isNumber }) }
        }
        return memories.enumerated().map { index, bytes in
            HiveDevice(id: "ROCM-\(index)", name: "AMD graphics card", deviceType: "rocm", vramGB: UInt32(clamping: bytes >> 30))
        }
    }

    /// The value of the first line `key : value`.
    private func value(of key: String, in path: String) -> String? {
        guard let text = KernelFile.text(root + path) else { return nil }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed == key else { continue }
            return parts[1].trimmed
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
