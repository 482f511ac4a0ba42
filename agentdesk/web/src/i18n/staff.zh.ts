import type { Texts } from './index'

const texts: Texts = {
  check: {
    title: '设备自检', line: '{part}：{words}', none: '没有自检', never: '从没上线', at: '{age}检查', old: '{age}检查，久了',
    level: { green: '正常', amber: '要留意', red: '有故障' },
    part: { camera: '摄像头', document: '高拍仪', microphone: '麦克风', speaker: '喇叭', printer: '打印机', network: '网络', media: '视频通路', clock: '时钟' },
    value: { camera: '亮度 {n}', document: '宽 {n} 像素', microphone: '音量 {n} dB', speaker: '{n} 个', network: '来回 {n} 毫秒', clock: '差 {n} 秒' },
    detail: {
      missing: '没有找到', denied: '没有允许', insecure: '页面不安全，用不了', black: '画面是黑的', small: '像素太少', silent: '没有声音', udp: 'UDP', tcp: '走 TCP，会慢一点', relay: '走中转，会慢一点', slow: '慢', skewed: '不准', paper_out: '缺纸', jammed: '卡纸', offline: '没有连上', toner_low: '墨粉少', fine: '正常', unknown: '不清楚',
    },
  },
}
export default texts
