import { pino, type Logger } from 'pino'

/**
 * JSON lines on standard error, so that standard output stays for answers. Credentials are never logged on
 * purpose; what is taken out here is for the day somebody logs a request whole.
 */
export function openLog(level: string, stream: { write(line: string): unknown } = process.stderr): Logger {
  const credentials = ['authorization', 'cookie', 'x-api-key', 'set-cookie']
  const redact = ['headers', 'req.headers', 'res.headers'].flatMap((path) =>
    credentials.map((name) => `${path}["${name}"]`),
  )
  return pino({ level, redact }, { write: (line) => void stream.write(line) })
}
