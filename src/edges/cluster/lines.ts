/** A line that is longer than may be. */
export class LineTooLong extends Error {
  readonly code = 'LINE_TOO_LONG'
}

const LINE_FEED = 10

/** The whole lines of a body, as they come; half a line at its end is none. Throws what the body throws. */
export async function* linesOf(body: AsyncIterable<unknown>, most: number): AsyncGenerator<string> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const piece of body) {
    if (!Buffer.isBuffer(piece)) continue
    let start = 0
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      pieces.push(piece.subarray(start, end))
      start = end + 1
      const line = Buffer.concat(pieces)
      if (line.length > most) throw new LineTooLong('a line is too long')
      pieces = []
      length = 0
      yield line.toString('utf8')
    }
    pieces.push(piece.subarray(start))
    length += piece.length - start
    if (length > most) throw new LineTooLong('a line is too long')
  }
}
