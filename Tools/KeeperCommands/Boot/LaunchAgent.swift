/// A launchd property list, launchd.plist(5).
enum LaunchAgent {
    static func file(_ service: BootService, home: String) -> BootFile {
        let head = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">

            """
        return BootFile(
            path: "\(home)/Library/LaunchAgents/\(label(service)).plist", head: head, comment: { "<!-- \($0) -->" }, body: body(service))
    }

    static func label(_ service: BootService) -> String { "org.rbee.\(service.name)" }

    private static func body(_ service: BootService) -> String {
        // launchd starts again whatever ends with another status than 0: an instance that yields to another one ends with 0.
        let arguments = (service.command + ["--yield"]).map { "        <string>\(escaped($0))</string>\n" }.joined()
        let variables = service.environment.map {
            "        <key>\(escaped($0.name))</key>\n        <string>\(escaped($0.value))</string>\n"
        }.joined()
        let environment = variables.isEmpty ? "" : "    <key>EnvironmentVariables</key>\n    <dict>\n\(variables)    </dict>\n"
        return """
            <plist version="1.0">
            <dict>
                <key>Label</key>
                <string>\(escaped(label(service)))</string>
                <key>ProgramArguments</key>
                <array>
            \(arguments)    </array>
            \(environment)    <key>RunAtLoad</key>
                <true/>
                <key>KeepAlive</key>
                <dict>
                    <key>SuccessfulExit</key>
                    <false/>
                </dict>
                <key>ThrottleInterval</key>
                <integer>10</integer>
                <key>AbandonProcessGroup</key>
                <true/>
                <key>ProcessType</key>
                <string>Background</string>
                <key>Umask</key>
                <integer>63</integer>
                <key>StandardOutPath</key>
                <string>\(escaped(service.output))</string>
                <key>StandardErrorPath</key>
                <string>\(escaped(service.output))</string>
            </dict>
            </plist>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
