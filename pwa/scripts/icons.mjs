// Draws the app icon (a route with three stops) as SVG and PNG; run by hand when the mark changes: `npm run icons`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'

const out = join(import.meta.dirname, '../public/icons')
const teal = [13, 92, 92]
const amber = [245, 158, 11]
const white = [255, 255, 255]
// On a 512 grid: a road of two bends from the bottom left to the pin at the top right.
const bends = [
  [[132, 396], [300, 396], [360, 330], [256, 262]],
  [[256, 262], [152, 194], [212, 130], [380, 130]],
]
const stops = [[132, 396, 34, white], [256, 262, 26, white], [380, 130, 50, amber]]
const curve = ([a, b, c, d], t) => [0, 1].map((i) => (1 - t) ** 3 * a[i] + 3 * (1 - t) ** 2 * t * b[i] + 3 * (1 - t) * t * t * c[i] + t ** 3 * d[i])
const road = bends.flatMap((bend) => Array.from({ length: 121 }, (_, i) => curve(bend, i / 120)))

function colourAt(x, y, corner) {
  const q = [Math.abs(x - 256) - (256 - corner), Math.abs(y - 256) - (256 - corner)]
  if (corner && Math.hypot(Math.max(q[0], 0), Math.max(q[1], 0)) > corner) return [0, 0, 0, 0]
  for (const [cx, cy, r, fill] of stops.slice().reverse()) {
    const away = Math.hypot(x - cx, y - cy)
    if (r === 50 && away < 20) return [...teal, 255]
    if (away < r) return [...fill, 255]
  }
  for (const [px, py] of road) if (Math.hypot(x - px, y - py) < 15) return [...white, 255]
  return [...teal, 255]
}

function png(size, { corner, scale }) {
  const raw = Buffer.alloc((size * 4 + 1) * size)
  const fine = 3
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const sum = [0, 0, 0, 0]
      for (let i = 0; i < fine * fine; i++) {
        const at = [x + ((i % fine) + 0.5) / fine, y + (Math.floor(i / fine) + 0.5) / fine].map((v) => 256 + ((v * 512) / size - 256) / scale)
        const [r, g, b, a] = colourAt(at[0], at[1], corner)
        sum[0] += r * a
        sum[1] += g * a
        sum[2] += b * a
        sum[3] += a
      }
      const o = y * (size * 4 + 1) + 1 + x * 4
      for (let c = 0; c < 3; c++) raw[o + c] = sum[3] ? Math.round(sum[c] / sum[3]) : 0
      raw[o + 3] = Math.round(sum[3] / (fine * fine))
    }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const head = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    const tail = Buffer.alloc(4)
    tail.writeUInt32BE(crc32(body))
    return Buffer.concat([head, body, tail])
  }
  const ihdr = Buffer.alloc(13)
  ihdr.writeUInt32BE(size, 0)
  ihdr.writeUInt32BE(size, 4)
  ihdr.set([8, 6, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', ihdr), chunk('IDAT', deflateSync(raw, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

const hex = (c) => `#${c.map((v) => v.toString(16).padStart(2, '0')).join('')}`
const path = `M${bends[0][0]} C${bends[0].slice(1)} C${bends[1].slice(1)}`
const circles = stops.map(([x, y, r, fill]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${hex(fill)}"/>`).join('')
writeFileSync(
  join(out, 'icon.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" rx="112" fill="${hex(teal)}"/><path d="${path}" fill="none" stroke="#fff" stroke-width="30" stroke-linecap="round"/>${circles}<circle cx="380" cy="130" r="20" fill="${hex(teal)}"/></svg>\n`,
)
writeFileSync(join(out, 'icon-192.png'), png(192, { corner: 112, scale: 1 }))
writeFileSync(join(out, 'icon-512.png'), png(512, { corner: 112, scale: 1 }))
// Maskable: the mark stays inside the safe circle of 80 %.
writeFileSync(join(out, 'icon-512-maskable.png'), png(512, { corner: 0, scale: 0.78 }))
writeFileSync(join(out, 'apple-touch-icon.png'), png(180, { corner: 0, scale: 0.9 }))
