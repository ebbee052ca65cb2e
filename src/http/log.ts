import { pino, type Logger } from 'pino'

type Stream = { write(line: string): unknown }

/**
 * JSON lines on standard error, so that standard output stays for answers. Credentials are never logged on
 * purpose; what is taken out here is for the day somebody logs a request whole.
 */
export function openLog(level: string, stream: Stream = gathered(process.stderr)): Logger {
  const credentials = ['authorization', 'cookie', 'x-api-key', 'set-cookie']
  const redact = ['headers', 'req.headers', 'res.headers'].flatMap((path) =>
    credentials.map((name) => `${path}["${name}"]`),
  )
  return pino({ level, redact }, { write: (line) => void stream.write(line) })
}

const textMax = 65_536
const waitMs = 20

/**
 * Lines that come close together go out together: writing each alone costs more than answering the request that it is
 * about. Warnings and errors go out at once, and nothing is held back when the program ends.
 */
export function gathered(stream: Stream, wait = waitMs): Stream {
  let text = ''
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (text === '') return
    const all = text
    text = ''
    stream.write(all)
  }
  process.once('exit', flush)
  return {
    write: (line) => {
      text += line
      if (text.length > textMax || /^\{"level":[456]/.test(line)) flush()
      else timer ??= setTimeout(flush, wait).unref()
    },
  }
}
