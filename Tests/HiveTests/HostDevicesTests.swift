import Foundation
import OperationContract
import Testing

@testable import Hive

struct HostDevicesTests {
    /// A folder that stands for the kernel's, removed with everything in it.
    final class FakeRoot {
        let path = "\(NSTemporaryDirectory())/rbee-devices-\(UUID().uuidString)"

        init(_ files: [String: String]) throws {
            for (name, text) in files {
                let file = URL(fileURLWithPath: "\(path)/\(name)")
                try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    @Test func aProcessorIsAlwaysThere() throws {
        let root = try FakeRoot([
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: Test CPU @ 2 GHz\n",
            "proc/meminfo": "MemTotal:       25165824 kB\nMemFree: 1 kB\n",
        ])
        let devices = HostDevices(root: root.path).read()
        #expect(devices.map(\.id) == ["CPU-0"])
        #expect(devices.first?.name == "Test CPU @ 2 GHz")
        #expect(devices.first?.vramGB == 24)
    }

    @Test func cardsComeFirstInTheirOrder() throws {
        let root = try FakeRoot([
            "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA A\nIRQ: 1\n",
            "proc/driver/nvidia/gpus/0000:02:00.0/information": "Model: \t\t NVIDIA B\n",
            "sys/class/drm/card0/device/mem_info_vram_total": "17163091968\n", "sys/class/drm/card0-DP-1/status": "connected\n",
        ])
        let devices = HostDevices(root: root.path).read()
        #expect(devices.map(\.id) == ["GPU-0", "GPU-1", "ROCM-0", "CPU-0"])
        #expect(devices.map(\.name).prefix(2) == ["NVIDIA A", "NVIDIA B"])
        #expect(devices[2].vramGB == 15)
    }

    @Test func theRealMachineHasAProcessorWithMemory() throws {
        let processor = try #require(HostDevices().read().last)
        #expect(processor.id == "CPU-0")
        #expect(processor.vramGB ?? 0 > 0)
    }
}
