/// A promise that a codec has broken without a trap.
struct Broken: Error, Equatable {
  /// What was expected.
  var promise: String
}

func expect(_ condition: Bool, _ promise: @autoclosure () -> String) throws(Broken) {
  if !condition { throw Broken(promise: promise()) }
}

/// The codecs that can read arbitrary bytes. The first byte of an input selects the codec, so a new case gives parts of
/// the corpus to other codecs.
enum Codec: CaseIterable {
  case datagram
  case answer
  case offendingAttribute
  case link
  case address
  case route
  case neighbour
  case table
  case chain
  case rule
  case set
  case elements
  case traffic
  case notation
  case record
  case mounts
  case flow

  static func chosen(by selector: UInt8) -> Codec { allCases[Int(selector) % allCases.count] }
}

/// Lets one codec read arbitrary bytes: the first byte selects the codec, which reads the rest. The codec must not
/// trap, and must read the same value again from what it writes.
func exercise(_ input: [UInt8]) throws(Broken) {
  guard let selector = input.first else { return }
  let bytes = Array(input.dropFirst())
  switch Codec.chosen(by: selector) {
  case .datagram: try exerciseDatagram(bytes)
  case .answer: exerciseAnswer(bytes)
  case .offendingAttribute: exerciseAttributePath(bytes)
  case .link: try exerciseLink(bytes)
  case .address: try exerciseAddress(bytes)
  case .route: try exerciseRoute(bytes)
  case .neighbour: try exerciseNeighbour(bytes)
  case .table: try exerciseTable(bytes)
  case .chain: try exerciseChain(bytes)
  case .rule: try exerciseRule(bytes)
  case .set: try exerciseSet(bytes)
  case .elements: try exerciseElements(bytes)
  case .traffic: try exerciseTraffic(bytes)
  case .notation: try exerciseNotation(bytes)
  case .record: try exerciseRecord(bytes)
  case .mounts: try exerciseMounts(bytes)
  case .flow: try exerciseFlow(bytes)
  }
}
