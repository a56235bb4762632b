import NetTypes
import RouteNetlink
import TestNetlink

/// What a connection sends for the requests.
func sent(_ build: (inout RouteRequests) -> Void) throws -> [UInt8] {
  let transport = ScriptedTransport(thenEndingWith: 0)
  var connection = RouteConnection(transport: transport)
  var requests = RouteRequests()
  build(&requests)
  try connection.perform(requests)
  return transport.sent[0]
}

func name(_ text: String) -> InterfaceName { try! InterfaceName(text) }
