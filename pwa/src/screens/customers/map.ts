// The map itself: Leaflet on canvas with supercluster. Loaded only when a map is opened.
import Supercluster from 'supercluster'
import type { Found } from '../../lib/customers.ts'
import { AMBER, close, L, outlineOn, TEAL } from './leaflet.ts'

export interface CustomerMap {
  goTo(lat: number, lon: number, zoom: number): void
  zoom(by: number): void
  me(lat: number, lon: number, accuracy: number): void
  outline(topology: unknown): void
  close(): void
}

interface Said {
  view: (rows: Found[]) => void
  choose: (id: string) => void
  cluster: (count: number) => string
}

const PIN: Record<string, string> = { gps: TEAL, pin: TEAL, geocoder: '#1d4ed8', ward: AMBER, none: '#6b7280' }
// The centre of a ward must never look like a place somebody stood at.
const VAGUE = { radius: 10, weight: 2, color: AMBER, dashArray: '3 4', fillColor: AMBER, fillOpacity: 0.15 }

export function openMap(node: HTMLElement, points: Found[], said: Said): CustomerMap {
  const map = L.map(node, { preferCanvas: true, zoomControl: false, attributionControl: false, minZoom: 4, maxZoom: 19, zoomSnap: 0.5 })
  const index = new Supercluster<{ at: number }>({ radius: 64, extent: 256, maxZoom: 16 })
  index.load(points.map((one, at) => ({ type: 'Feature', properties: { at }, geometry: { type: 'Point', coordinates: [one.lon!, one.lat!] } })))
  const marks = L.layerGroup().addTo(map)
  const self = L.layerGroup().addTo(map)

  const single = (one: Found, lat: number, lon: number) =>
    L.circleMarker([lat, lon], one.grade === 'ward' ? VAGUE : { radius: 9, weight: 3, color: '#fff', fillColor: PIN[one.grade] ?? TEAL, fillOpacity: 1 })
      .bindTooltip(document.createTextNode(one.name) as unknown as HTMLElement)
      .on('click', () => said.choose(one.id))
      .addTo(marks)

  const cluster = (id: number, count: number, lat: number, lon: number) => {
    const html = document.createElement('span')
    html.textContent = count > 999 ? `${Math.round(count / 100) / 10}k` : String(count)
    html.className = 'grid size-11 place-items-center rounded-full border-3 border-white bg-primary font-bold text-white shadow'
    L.marker([lat, lon], { icon: L.divIcon({ html, className: '', iconSize: [44, 44] }), title: said.cluster(count), alt: said.cluster(count) })
      .on('click', () => map.setView([lat, lon], Math.min(17, index.getClusterExpansionZoom(id))))
      .addTo(marks)
  }

  const draw = () => {
    const bounds = map.getBounds()
    marks.clearLayers()
    for (const one of index.getClusters([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], Math.round(map.getZoom()))) {
      const [lon = 0, lat = 0] = one.geometry.coordinates
      const { properties } = one
      if ('cluster_id' in properties) cluster(properties.cluster_id as number, properties.point_count as number, lat, lon)
      else single(points[properties.at]!, lat, lon)
    }
    said.view(points.filter((one) => bounds.contains([one.lat!, one.lon!])))
  }
  if (points.length) map.fitBounds(L.latLngBounds(points.map((one) => [one.lat!, one.lon!])), { padding: [30, 30], maxZoom: 15 })
  else map.setView([16, 107], 5)
  map.on('moveend', draw)
  draw()
  const watcher = new ResizeObserver(() => map.invalidateSize())
  watcher.observe(node)

  return {
    goTo: (lat, lon, zoom) => void map.setView([lat, lon], zoom),
    zoom: (by) => void map.setZoom(map.getZoom() + by),
    me(lat, lon, accuracy) {
      self.clearLayers()
      L.circle([lat, lon], { radius: accuracy, stroke: false, fillColor: '#1d4ed8', fillOpacity: 0.15 }).addTo(self)
      L.circleMarker([lat, lon], { radius: 7, weight: 3, color: '#fff', fillColor: '#1d4ed8', fillOpacity: 1 }).addTo(self)
    },
    outline: (topology) => outlineOn(map, topology),
    close() {
      watcher.disconnect()
      close(map)
    },
  }
}
