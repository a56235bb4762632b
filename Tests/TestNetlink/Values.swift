import NetTypes

/// An address that is one.
public func mac(_ text: String) -> MACAddress { MACAddress(text)! }
/// An address that is one.
public func ip(_ text: String) -> IPAddress { IPAddress(text)! }
/// A network that is one.
public func network(_ text: String) -> IPNetwork { IPNetwork(text)! }
