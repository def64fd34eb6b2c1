/// Finds the ends of answers in what a server sends, however it is cut into pieces.
package protocol AnswerReader {
    init()
    /// - Returns: how many answers these bytes end.
    mutating func take(_ bytes: UnsafeRawBufferPointer) throws -> Int
}
