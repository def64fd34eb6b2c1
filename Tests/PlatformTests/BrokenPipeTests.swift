import Glibc
import Platform
import Testing

struct BrokenPipeTests {
    /// In a process of its own, which leaves SIGPIPE as it was: whoever uses the library may do so.
    @Test func aReaderThatIsGoneIsAnErrorAndNoSignal() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            let (read, write) = try Descriptor.pipe()
            try write.write([1])
            read.close()
            let error = #expect(throws: SystemError.self) { try write.write([2]) }
            #expect(error?.number == EPIPE)
            // Nothing waits to be delivered later either, and the signal is what it was.
            var pending = sigset_t(), mask = sigset_t()
            sigpending(&pending)
            pthread_sigmask(SIG_BLOCK, nil, &mask)
            #expect(sigismember(&pending, SIGPIPE) == 0 && sigismember(&mask, SIGPIPE) == 0)
        }
    }
}
