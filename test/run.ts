import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { testServer } from '../src/database/testing.ts'

/**
 * Runs the tests: all of them, or those of the given patterns. Holds their PostgreSQL meanwhile, so that it does not
 * stop and start between two files.
 */
const all = ['src/**/*.test.ts', 'test/**/*.test.ts', 'check/**/*.test.ts']
const words = process.argv.slice(2)
const patterns = words.some((word) => !word.startsWith('-')) ? [] : all

const server = await testServer()
// Ctrl-C reaches the tests too; what they started must end before this does.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {})
// Hundreds of processes load the same modules: they are compiled once.
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/tests'), ...process.env }
const command = ['--test', '--test-concurrency=2', ...words, ...patterns]
const tests = spawn(process.execPath, command, { stdio: 'inherit', env })
process.exitCode = await new Promise<number>((resolve) => {
  tests.once('exit', (code) => resolve(code ?? 1))
})
await server.leave()
