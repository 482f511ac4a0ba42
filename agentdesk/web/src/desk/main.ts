import { createApp } from 'vue'
import '@/style/base'
import '@/staff/staff.css'
import './desk.css'
import { pageI18n } from '@/i18n'
import en from '@/i18n/desk.en'
import zh from '@/i18n/desk.zh'
import staffEn from '@/i18n/staff.en'
import staffZh from '@/i18n/staff.zh'
import { followZone } from '@/staff/zone'
import DeskApp from './DeskApp.vue'

void followZone()
createApp(DeskApp).use(pageI18n({ zh: { ...staffZh, ...zh }, en: { ...staffEn, ...en } })).mount('#app')
