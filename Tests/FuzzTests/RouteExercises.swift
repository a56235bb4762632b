@testable import Netlink
@testable import RouteNetlink

func exerciseLink(_ bytes: [UInt8]) throws(Broken) {
  let message = message(RTM_NEWLINK, bytes)
  try exerciseTrace(message, .route)
  guard let link = read(message, { (reply) throws(MalformedMessage) in try Link(reply) }) else { return }
  _ = link.statistics?.ofOtherEnd
  if let bridge = link.bridge {
    let again = attribute(bridge.write) { (data) throws(MalformedMessage) in try BridgeOptions(data) }
    try expect(again == bridge, "a bridge's settings are written as they were read")
  }
  if let port = link.bridgePort {
    let again = attribute(port.write) { (data) throws(MalformedMessage) in try BridgePortOptions(data) }
    try expect(again == port, "a port's settings are written as they were read")
  }
}

/// Writes a value as the payload of an attribute, and reads it.
private func attribute<Value>(
  _ write: (inout MessageBuffer) -> Void, _ decode: (borrowing Attribute) throws(MalformedMessage) -> Value
) -> Value? {
  var buffer = MessageBuffer()
  buffer.attribute(1, write)
  var reader = AttributeReader(buffer.bytes.span.bytes)
  guard let attribute = try? reader.next() else { return nil }
  return try? decode(attribute)
}

func exerciseAddress(_ bytes: [UInt8]) throws(Broken) {
  let message = message(RTM_NEWADDR, bytes)
  try exerciseTrace(message, .route)
  guard var address = read(message, { (reply) throws(MalformedMessage) in try LinkAddress(reply) }) else { return }
  try exercise(address.network)
  let again = try again(RTM_NEWADDR, write: address.write) { (reply) throws(MalformedMessage) in
    try LinkAddress(reply)
  }
  address.label = nil
  try expect(again == address, "an address is written as it was read")
}

func exerciseRoute(_ bytes: [UInt8]) throws(Broken) {
  let message = message(RTM_NEWROUTE, bytes)
  try exerciseTrace(message, .route)
  guard var route = read(message, { (reply) throws(MalformedMessage) in try Route(reply) }) else { return }
  _ = route.subject
  if let destination = route.destination {
    try expect(destination.family == route.family, "a route and its destination are of one family")
    try expect(destination.prefixLength == bytes[1], "a destination has the length that it was given")
    try exercise(destination)
  } else {
    try expect(bytes[1] == 0, "only a default route has no destination")
  }
  let again = try again(RTM_NEWROUTE, write: route.write) { (reply) throws(MalformedMessage) in try Route(reply) }
  (route.isMultipath, route.multipathGateways, route.mtu) = (false, [], nil)
  try expect(again == route, "a route is written as it was read")
}

func exerciseNeighbour(_ bytes: [UInt8]) throws(Broken) {
  let message = message(RTM_NEWNEIGH, bytes)
  try exerciseTrace(message, .route)
  guard let neighbour = read(message, { (reply) throws(MalformedMessage) in try Neighbour(reply) }) else { return }
  _ = neighbour.state.description
  let again = try again(RTM_NEWNEIGH, write: neighbour.write) { (reply) throws(MalformedMessage) in
    try Neighbour(reply)
  }
  try expect(again == neighbour, "a neighbour is written as it was read")
}
