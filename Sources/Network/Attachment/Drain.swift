import Glibc
import LinuxSystem
import Namespaces

extension TCPSockets {
  /// How long the other side may accept no more data, in microseconds. A program has to read one received piece before
  /// there is room for the next; if it reads 10 kB per second, that takes more than ten seconds.
  private static let patience: Int64 = 60_000_000

  /// Waits until data sent from inside has arrived, as long as there is progress. After the last process has ended, the
  /// kernel still sends that data, for which it needs the network.
  /// - Returns: whether no socket is left. A socket would keep the namespace alive, and so the link.
  borrowing func drain(from namespace: FileIdentity, _ reporter: Reporter) throws(SystemError) -> Bool {
    let start = monotonicMicroseconds()
    var (last, limit): (OutstandingData?, Int64) = (nil, 0)
    var pause: UInt32 = 200
    var isTold = false
    while try areInUse() {
      if EndSignal.pending != nil { return false }
      // Most connections need one packet in each direction to end.
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
          // A process of the host may be inside; this wait is not for what it sends.
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
