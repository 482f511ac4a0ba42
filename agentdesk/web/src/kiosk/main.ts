import { createApp } from 'vue'
import { pageI18n } from '@/i18n'
import en from '@/i18n/kiosk.en'
import zh from '@/i18n/kiosk.zh'
import { ownMarkup } from '@/lib/trusted'
import '@/style/base'
import App from './App.vue'
import drawings from './drawings.svg?raw'
import './kiosk.css'

// Icons, people and papers of the drawings, used by <use href="#…">.
document.body.insertAdjacentHTML('afterbegin', ownMarkup(drawings))

const station = new URLSearchParams(location.search).get('station') ?? ''
createApp(App, { stationId: station }).use(pageI18n({ zh, en })).mount('#app')
