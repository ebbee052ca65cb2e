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
 * only hold connections open keep nobody out; one with a request under way is never cut.
 */
export function keepRoom(server: FastifyInstance, limit = connectionsLimit()): void {
  const quiet = new Set<Socket>()
  const http: HttpServer = server.server
  http.maxConnections = limit
  const room = Math.max(1, Math.floor(limit * 0.9))
  let open = 0
  http.on('connection', (socket: Socket) => {
    open += 1
    quiet.add(socket)
    socket.once('close', () => {
      open -= 1
      quiet.delete(socket)
    })
    if (open <= room) return
    const [oldest] = quiet
    if (oldest && oldest !== socket) oldest.destroy()
  })
  server.addHook('onRequest', (request, _, done) => {
    quiet.delete(request.raw.socket)
    done()
  })
  server.addHook('onResponse', (request, _, done) => {
    if (!request.raw.socket.destroyed) quiet.add(request.raw.socket)
    done()
  })
}
