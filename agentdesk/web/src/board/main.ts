import { createApp } from 'vue'
import '@/style/base'
import './board.css'
import { pageI18n } from '@/i18n'
import en from '@/i18n/board.en'
import zh from '@/i18n/board.zh'
import staffEn from '@/i18n/staff.en'
import staffZh from '@/i18n/staff.zh'
import { followZone } from '@/staff/zone'
import BoardApp from './BoardApp.vue'
import { followWindow } from './scale'

followWindow()
void followZone()
createApp(BoardApp).use(pageI18n({ zh: { ...staffZh, ...zh }, en: { ...staffEn, ...en } })).mount('#app')
