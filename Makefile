all:
	swift build -c release -Xswiftc -static-executable
