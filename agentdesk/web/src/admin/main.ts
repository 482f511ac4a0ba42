import { createApp } from 'vue'
import '@/style/base'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-input.css'
import 'element-plus/theme-chalk/el-input-number.css'
import 'element-plus/theme-chalk/el-switch.css'
import 'element-plus/theme-chalk/el-checkbox.css'
import 'element-plus/theme-chalk/el-checkbox-group.css'
import '@/staff/staff.css'
import './element.css'
import './admin.css'
import { pageI18n } from '@/i18n'
import en from '@/i18n/admin.en'
import zh from '@/i18n/admin.zh'
import { followZone } from '@/staff/zone'
import AdminApp from './AdminApp.vue'

void followZone()
createApp(AdminApp).use(pageI18n({ zh, en })).mount('#app')
