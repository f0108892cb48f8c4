import Operator
import Testing

@Suite("The name that a file states")
struct PlatformNameTests {
    @Test(
        "it is found in plain sight, without a parser",
        arguments: [
            ("platform: first\nzones: {}", "first"),
            ("# platform: other\nplatform: first # platform: third\n", "first"),
            ("zones: {}\r\nplatform: first\r\n", "first"),
            ("{\"platform\": \"first\", \"zones\": {}}", "first"),
            ("{\n  \"zones\": {},\n  \"platform\" : \"first\"\n}", "first"),
            ("  platform: nested\nplatform: first", "first"),
            ("platform: 'first'", "first"),
            ("platform:first-2", "first-2"),
        ])
    func found(_ text: String, _ name: String) {
        #expect(PlatformName.stated(in: Array(text.utf8)) == name)
    }

    @Test(
        "where no line begins with it there is none",
        arguments: [
            "", "platform", "platform:", "platforms: first", "# platform: first",
            "a: platform: first", "platform: >\n", "platform: A",
            "platform: abcdefghijklmnopqrstuvwxyzabcdefg",
        ])
    func absent(_ text: String) {
        #expect(PlatformName.stated(in: Array(text.utf8)) == nil)
    }
}
