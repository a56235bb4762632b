import NetTypes

/// A valid address.
public func mac(_ text: String) -> MACAddress { MACAddress(text)! }
/// A valid address.
public func ip(_ text: String) -> IPAddress { IPAddress(text)! }
/// A valid network.
public func network(_ text: String) -> IPNetwork { IPNetwork(text)! }
