import CLinux
import Glibc
import LinuxSystem

/// What a connection talks through: a socket, or in tests a script of answers.
public protocol NetlinkTransport: AnyObject {
  /// Sends messages to the kernel in one datagram.
  func send(_ bytes: [UInt8]) throws(SystemError)
  /// Takes the next datagram and puts it at the start of `buffer`, which may be enlarged for it.
  /// - Throws: EAGAIN where there is none; ENOBUFS where the kernel had to drop some.
  func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram
}

/// What the transport knows about a datagram beside its bytes.
public struct ReceivedDatagram: Sendable {
  /// How long it was in bytes, also where the buffer stayed shorter.
  public var length: Int
  /// The sender's netlink port; only 0 is the kernel.
  public var senderPort: UInt32

  public init(length: Int, senderPort: UInt32) {
    self.length = length
    self.senderPort = senderPort
  }
}

/// A netlink socket. It stays in the network namespace in which it was opened, wherever its owner goes.
public final class NetlinkSocket: NetlinkTransport {
  private let descriptor: OwnedDescriptor

  /// Opens a socket in the network namespace of the calling thread, on a port the kernel chooses.
  /// - Parameter protocolNumber: NETLINK_ROUTE (0) or NETLINK_NETFILTER (12).
  /// - Throws: EPROTONOSUPPORT where the kernel lacks the protocol.
  public init(protocolNumber: Int32) throws(SystemError) {
    let raw = try systemCall("open netlink socket of protocol", "\(protocolNumber)") {
      clinux_netlink_socket(protocolNumber)
    }
    descriptor = OwnedDescriptor(owning: raw)
    // The kernel's own words with every error, without a copy of the request (Linux 4.12), and queries whose filters
    // count (4.20). A kernel without one of them gives less, but works.
    var on: Int32 = 1
    for option in [clinux_NETLINK_EXT_ACK, clinux_NETLINK_CAP_ACK, clinux_NETLINK_GET_STRICT_CHK] {
      _ = setsockopt(raw, SOL_NETLINK, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  public func send(_ bytes: [UInt8]) throws(SystemError) {
    do throws(SystemError) { try sendOnce(bytes) } catch {
      // A transaction may be longer than a socket may have on its way by default (net.core.wmem_default).
      guard error.errno == EMSGSIZE, bytes.count < Int(Int32.max) / 2 else { throw error }
      var size = Int32(bytes.count)
      _ = setsockopt(
        descriptor.raw, SOL_SOCKET, 32 /* SO_SNDBUFFORCE */, &size, socklen_t(MemoryLayout<Int32>.size))
      try sendOnce(bytes)
    }
  }

  private func sendOnce(_ bytes: [UInt8]) throws(SystemError) {
    try systemCall("send netlink request", "") { clinux_netlink_send(descriptor.raw, bytes, UInt64(bytes.count)) }
  }

  public func receive(into buffer: inout [UInt8]) throws(SystemError) -> ReceivedDatagram {
    var port: UInt32 = 0
    // A datagram that is cut is lost, and with it perhaps the end of a listing: ask for its length first. Not waiting:
    // the kernel processes requests within send and continues a listing within recv, so an answer that is not there
    // will never come, and waiting for it would be for ever.
    let flags = Int32(MSG_TRUNC | MSG_DONTWAIT)
    let needed = try systemCall("receive netlink reply", "") {
      clinux_netlink_receive(descriptor.raw, &buffer, 0, flags | Int32(MSG_PEEK), &port)
    }
    if needed > buffer.count { buffer = [UInt8](repeating: 0, count: needed) }
    let length = try systemCall("receive netlink reply", "") {
      clinux_netlink_receive(descriptor.raw, &buffer, UInt64(buffer.count), flags, &port)
    }
    return ReceivedDatagram(length: length, senderPort: port)
  }
}
