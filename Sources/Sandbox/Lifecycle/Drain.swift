import Glibc
import LinuxSystem
import Namespaces

extension TCPSockets {
  /// How long another side may take nothing more, in microseconds: what has come to a program in one piece it has to read
  /// before there is room for the next, and one that reads 10 kB a second takes more than ten seconds for that.
  private static let patience: Int64 = 60_000_000

  /// Waits until what was sent from inside has arrived, as long as it goes on to: the kernel sends it in its own time, for
  /// which it needs the network.
  /// - Returns: whether no socket is left, which would keep the namespace, and so the link.
  borrowing func drain(from namespace: FileIdentity, _ reporter: Reporter) throws(SystemError) -> Bool {
    let start = monotonicMicroseconds()
    var (last, limit): (OutstandingData?, Int64) = (nil, 0)
    var pause: UInt32 = 200
    var isTold = false
    while try areInUse() {
      if EndSignal.pending != nil { return false }
      // Most connections need one packet there and one back to end.
      if pause > 5000 {
        let now = monotonicMicroseconds()
        let data = try outstandingData()
        if data != last { (last, limit) = (data, now + Self.patience) }
        guard data.answering > 0, now < limit else {
          if data.size > data.answering + data.silent {
            reporter.warn("of what was sent by TCP \(data.size) bytes have not arrived: nobody takes them")
          }
          return false
        }
        if !isTold, now - start > 1_000_000 {
          // Somebody of the host's: what they send is not waited for.
          if try !ProcessCensus().processes(in: namespace).isEmpty { return false }
          reporter.warn("waiting for what was sent by TCP to arrive; Ctrl-C gives it up")
          isTold = true
        }
      }
      usleep(pause)
      pause = min(pause * 2, 50_000)
    }
    return true
  }
}
