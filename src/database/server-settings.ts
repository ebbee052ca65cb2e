import { statfsSync } from 'node:fs'
import { totalmem } from 'node:os'

const MiB = 1024 * 1024

/**
 * What Bursar's own PostgreSQL runs with. Everything that makes a commit durable is on; `durable: false` is for
 * databases of tests, which nobody misses. An operator's own settings go into `local.conf` beside it, which is read after.
 */
export function serverSettings(cluster: string, durable: boolean): string {
  const memory = totalmem() / MiB
  // A load of a million jobs leaves 1.3 GiB: where that fits, no page of it is written before a checkpoint does it once.
  const sharedBuffers = clamp(memory / 8, 64, 2048)
  const free = freeMiB(cluster)
  // Room for the log of changes: much, so that loads are not held up by checkpoints, but never most of the disk.
  const logMost = clamp(free / 4, 128, 4096)
  const values: Record<string, string> = {
    listen_addresses: '',
    unix_socket_permissions: '0700',
    max_connections: '100',
    shared_buffers: `${durable ? sharedBuffers : Math.min(128, sharedBuffers)}MB`,
    effective_cache_size: `${clamp(memory / 2, 128, 65_536)}MB`,
    work_mem: '16MB',
    maintenance_work_mem: `${clamp(memory / 16, 32, 512)}MB`,
    max_wal_size: `${logMost}MB`,
    min_wal_size: `${clamp(logMost / 8, 80, 512)}MB`,
    wal_buffers: '16MB',
    checkpoint_timeout: '15min',
    checkpoint_completion_target: '0.9',
    fsync: durable ? 'on' : 'off',
    synchronous_commit: 'on',
    full_page_writes: durable ? 'on' : 'off',
    random_page_cost: '1.1',
    // Statements are short, or big enough to be worth a plan, never worth compiling.
    jit: 'off',
    // Containers give little shared memory; files do as well.
    dynamic_shared_memory_type: sharedMemoryMiB() < 256 ? 'mmap' : 'posix',
    timezone: 'UTC',
    log_timezone: 'UTC',
    datestyle: 'ISO, MDY',
    lc_messages: 'C',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
  }
  const lines = Object.entries(values).map(([name, value]) => `${name} = '${value}'`)
  return `# Written by Bursar at every start. Put settings of your own into local.conf beside this file.\n${lines.join('\n')}\n`
}

const clamp = (value: number, least: number, most: number): number => Math.round(Math.min(Math.max(value, least), most))

/** PostgreSQL writes its log in files of this size; without room for one it ends. */
export const logSegmentMiB = 16

export function freeMiB(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return (bavail * bsize) / MiB
}

function sharedMemoryMiB(): number {
  try {
    const { blocks, bsize } = statfsSync('/dev/shm')
    return (blocks * bsize) / MiB
  } catch {
    return 0
  }
}
