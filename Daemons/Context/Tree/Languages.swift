/// Which language a file is written in, by its name.
enum Languages {
    static func language(of path: String) -> String? {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if let known = byName[name] { return known }
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        return byExtension[name[name.index(after: dot)...].lowercased()]
    }

    private static let byName = [
        "Makefile": "Make", "makefile": "Make", "GNUmakefile": "Make", "Dockerfile": "Dockerfile", "CMakeLists.txt": "CMake",
        "Rakefile": "Ruby", "Gemfile": "Ruby", "BUILD": "Starlark", "BUILD.bazel": "Starlark", "WORKSPACE": "Starlark",
    ]

    private static let byExtension = [
        "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "cxx": "C++", "hh": "C++", "hpp": "C++", "hxx": "C++", "m": "Objective-C",
        "mm": "Objective-C++", "swift": "Swift", "rs": "Rust", "go": "Go", "zig": "Zig", "java": "Java", "kt": "Kotlin", "kts": "Kotlin",
        "scala": "Scala", "groovy": "Groovy", "cs": "C#", "fs": "F#", "vb": "Visual Basic", "py": "Python", "pyi": "Python", "rb": "Ruby",
        "php": "PHP", "pl": "Perl", "pm": "Perl", "lua": "Lua", "r": "R", "jl": "Julia", "js": "JavaScript", "mjs": "JavaScript",
        "cjs": "JavaScript", "jsx": "JavaScript", "ts": "TypeScript", "mts": "TypeScript", "cts": "TypeScript", "tsx": "TypeScript",
        "vue": "Vue", "svelte": "Svelte", "html": "HTML", "htm": "HTML", "css": "CSS", "scss": "SCSS", "sass": "Sass", "less": "Less",
        "sh": "Shell", "bash": "Shell", "zsh": "Shell", "fish": "Shell", "ps1": "PowerShell", "sql": "SQL", "hs": "Haskell", "ml": "OCaml",
        "mli": "OCaml", "ex": "Elixir", "exs": "Elixir", "erl": "Erlang", "clj": "Clojure", "cljs": "Clojure", "el": "Emacs Lisp",
        "lisp": "Lisp", "scm": "Scheme", "dart": "Dart", "nim": "Nim", "d": "D", "f90": "Fortran", "f": "Fortran", "pas": "Pascal",
        "asm": "Assembly", "s": "Assembly", "proto": "Protocol Buffers", "graphql": "GraphQL", "tf": "Terraform", "nix": "Nix",
        "cmake": "CMake", "mk": "Make", "bzl": "Starlark", "md": "Markdown", "rst": "reStructuredText", "tex": "TeX", "json": "JSON",
        "yaml": "YAML", "yml": "YAML", "toml": "TOML", "xml": "XML", "ini": "INI", "pml": "Promela",
    ]
}
