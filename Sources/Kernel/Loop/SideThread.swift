internal import CLinux
package import Descriptors
internal import Glibc

/// A second thread for work that must not hold up the loop: a sync, a slow write.
///
/// It shares nothing but what its body captured. Signals that a `SignalSource` opened before are
/// blocked in it too. Nobody waits for its end; a body says by a `Wakeup` what it has done.
package enum SideThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts the body in a thread of its own.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemFailure) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        // SAFETY: the retained box is taken back exactly once: by the thread, or here without one.
        let box = unsafe Unmanaged.passRetained(Body(body))
        let result = unsafe pthread_create(
            &thread, &attributes,
            { pointer in
                if let pointer = unsafe pointer {
                    unsafe Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run()
                }
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            unsafe box.release()
            throw SystemFailure("pthread_create", "side thread", errno: result)
        }
    }
}
