import { connect, type Socket } from 'node:net'

export type Answer = { readonly status: number; readonly body: string }

/** One connection that is kept: HTTP/1.1 as little as it takes, so that the measured server has the processors. */
export class Connection {
  readonly #url: URL
  #socket: Socket
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined
  #text = ''

  constructor(url: URL) {
    this.#url = url
    this.#socket = this.#connected()
  }

  #connected(): Socket {
    const take = (bytes: number, buffer: Uint8Array): boolean => {
      this.#take((buffer as Buffer).toString('latin1', 0, bytes))
      return true
    }
    // Read past the stream, which takes longer than the answer.
    const onread = { buffer: Buffer.allocUnsafe(65_536), callback: take }
    const { hostname, port } = this.#url
    const socket = connect({ port: Number(port), host: hostname, noDelay: true, onread })
    const fail = (error?: Error) => this.#waiting?.reject(error ?? new Error('the server hung up'))
    socket.on('error', fail)
    socket.on('close', () => fail())
    return socket
  }

  ask(head: string, key: string, body: string): Promise<Answer> {
    return this.send(`${head}idempotency-key: ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  }

  /** A whole request as it goes over the wire. */
  send(request: string): Promise<Answer> {
    // The server closes what nobody used for a while.
    if (this.#socket.destroyed) this.#socket = this.#connected()
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(request, 'latin1')
    })
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#text = this.#text === '' ? text : this.#text + text
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#text.slice(0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#text.length < end + 4 + length) return
    const answer = { status: Number(head.slice(9, 12)), body: this.#text.slice(end + 4, end + 4 + length) }
    this.#text = ''
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(answer)
  }
}

/** What stands before the idempotency key. */
export const headOf = (url: URL, path: string, key: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`
