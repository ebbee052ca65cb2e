import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Beside connections a process needs files: its database, its logs. */
const filesKept = 512
const connectionsMax = 20_000

/** As many as the system lets this process have open, less what else it needs. */
function connectionsLimit(): number {
  const report = process.report.getReport() as unknown as {
    userLimits?: { open_files?: { soft?: number | string } }
  }
  const soft = Number(report.userLimits?.open_files?.soft ?? 1024)
  return Number.isFinite(soft) ? Math.max(64, Math.min(connectionsMax, soft - filesKept)) : connectionsMax
}

/**
 * When nearly all places are taken, the connection that has been quiet longest gives way to the new one. So callers that
 * only hold connections open keep nobody out; one with a request under way is never cut. One on which nothing was ever
 * asked is closed after `patience` milliseconds.
 */
export function keepRoom(server: FastifyInstance, patience: number, limit = connectionsLimit()): void {
  const quiet = new Set<Socket>()
  const silent = new Set<Socket>()
  const http: HttpServer = server.server
  http.maxConnections = limit
  let open = 0
  const room = Math.max(1, Math.floor(limit * 0.9))
  // Requests come on the socket that TLS has made of the connection.
  http.on('setSecureContext' in http ? 'secureConnection' : 'connection', (socket: Socket) => {
    quiet.add(socket)
    silent.add(socket)
    socket.setTimeout(patience)
    socket.once('close', () => {
      quiet.delete(socket)
      silent.delete(socket)
      open -= 1
    })
    open += 1
    if (open <= room) return
    const [oldest] = quiet
    if (oldest && oldest !== socket) oldest.destroy()
  })
  server.addHook('onRequest', (request, _, done) => {
    const { socket } = request.raw
    quiet.delete(socket)
    // From now on the server's own limits hold, and a request may take its time.
    if (silent.delete(socket)) socket.setTimeout(0)
    done()
  })
  server.addHook('onResponse', (request, _, done) => {
    if (!request.raw.socket.destroyed) quiet.add(request.raw.socket)
    done()
  })
}
