import NetTypes

@testable import Conntrack
@testable import Netlink

func exerciseFlow(_ bytes: [UInt8]) throws(Broken) {
  let message = message(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW, bytes)
  try exerciseTrace(message, .conntrack)
  guard let flow = read(message, { (reply) throws(MalformedMessage) in try Flow(reply) }) else { return }
  _ = flow.isSourceTranslated
  _ = FlowFilter(originalSource: IPAddress("10.64.1.5"), replyDestination: IPAddress("192.0.2.2")).matches(flow)
  var buffer = MessageBuffer()
  flow.write(to: &buffer)
  guard !buffer.isOverflown else { return }
  let again = try again(0, write: flow.write) { (reply) throws(MalformedMessage) in try Flow(reply) }
  try expect(
    again?.original == flow.original && again?.zone == flow.zone && again?.id == flow.id,
    "a flow is asked for as it was read")
}
