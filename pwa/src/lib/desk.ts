// The little that belongs to the phone rather than to one user: who is signed in, and the language before anybody is.
// Read by the page, the worker and the service worker alike.
import Dexie, { type Table } from 'dexie'

export type Role = 'admin' | 'manager' | 'rep' | 'accountant' | 'warehouse' | 'guard'

/** What `GET /me` answers. */
export interface Me {
  id: string
  login: string
  name: string
  language: 'vi' | 'en'
  roles: Role[]
  csrf: string
  positions: number[]
  company: { name: string; currency: string; time_zone: string; language: string }
}

export interface Session {
  me: Me
  /** This install of the app for this user (UUID). */
  device: string
  /** When the office last confirmed it, ms. */
  at: number
  /** The office no longer knows the session: work goes on, sending waits for a new login. */
  expired?: boolean
}

class Desk extends Dexie {
  private readonly kv: Table<{ k: string; v: unknown }, string>

  constructor() {
    super('tuyen')
    this.version(1).stores({ kv: 'k' })
    this.kv = this.table('kv')
  }

  async read<T>(k: string): Promise<T | undefined> {
    return (await this.kv.get(k))?.v as T | undefined
  }

  async write(k: string, v: unknown): Promise<void> {
    await this.kv.put({ k, v })
  }

  async erase(k: string): Promise<void> {
    await this.kv.delete(k)
  }

  /** Who is signed in on this phone, also offline. */
  session(): Promise<Session | undefined> {
    return this.read<Session>('session')
  }
}

export const desk = new Desk()
