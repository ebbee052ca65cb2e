import { Doorkeeper } from '../src/access/authenticate-commands.ts'
import { openHouse } from '../src/app.ts'
import { addGuard } from '../src/http/guard.ts'
import { openLog } from '../src/http/log.ts'
import { openMetrics } from '../src/http/metrics.ts'
import { openServer } from '../src/http/server.ts'
import { readSettings } from '../src/settings.ts'

/** The baseline over HTTP: the same guard on the same keys, and a door that only answers. */
const house = await openHouse(readSettings({}, { BURSAR_DATA: process.argv[2] ?? '' }), 'command')
const metrics = openMetrics('', [], () => {})
const server = await openServer({
  host: '127.0.0.1',
  port: 0,
  tls: undefined,
  trustedProxy: undefined,
  log: openLog('warn'),
  logs: 'failures',
  metrics,
  routes: (routes) => {
    addGuard(routes, new Doorkeeper(house, undefined))
    routes.post('/api/v1/reservations', { config: { operation: 'credits.hold' } }, (_, reply) =>
      reply.code(201).send({}),
    )
  },
})
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
process.once('SIGTERM', () => void server.close().then(() => house.database.close()))
