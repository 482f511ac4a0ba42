import type { Texts } from './index'

const texts: Texts = {
  staff: { straight: '直接见面' },
  desk: {
    page: '{state} · 云见面座席',
    words: { and: '、', none: '—', ok: '知道了', loading: '正在打开，请稍等。', seconds: '{s} 秒', minutes: '{m} 分 {s} 秒' },
    top: { title: '云见面　座席', waiting: '等待', longest: '最长', free: '空闲座席', left: '剩 {n} 秒', waited: '已等 {time}', leave: '退出登录', language: 'English' },
    theme: { title: '颜色：{choice}', system: '跟随系统', light: '浅色', dark: '深色' },
    state: { offline: '未就绪', ready: '就绪', offer: '振铃中', call: '通话中', wrapup: '话后处理', rona: '未接暂停', away: '离开', lost: '连接断开' },
    reason: { break: '小休', lunch: '午餐', meeting: '会议', training: '培训', counter: '窗口接待', wrapup_over: '小结超时' },
    switch: { label: '状态' },
    hero: {
      ready: { title: '等待来电', lead: '来电会响铃，并弹出窗口。', own: '{names}的电话先打给您。' },
      away: { title: '现在离开', lead: '不会有电话打进来。回来了请点「就绪」。' },
      rona: { title: '未接暂停', lead: '刚才的电话没有接，已转给别的座席。准备好了请点「就绪」。' },
      offline: { title: '还没有就绪', lead: '准备好接电话了，请点「就绪」。' },
    },
    today: { served: '今天接待', talk: '平均通话时长', relayed: '转助办', follow: '待回访' },
    records: { title: '今天的记录', empty: '今天还没有接待，这里会列出办完的电话。' },
    col: { number: '号', time: '时间', station: '站点', matter: '事项', talk: '时长', next: '接下来', disposition: '小结', waited: '已等' },
    queue: { title: '队列', empty: '现在没有人排队', mine: '正接给您', ringing: '正在振铃' },
    age: { seconds: '{n} 秒前', minutes: '{n} 分钟前', hours: '{n} 小时前' },
    stations: { title: '我包联的村居', empty: '您没有包联的村居，来电按顺序接。', specialist: '专员 {name}', fine: '设备正常', unknown: '设备未知', help: '在叫专员' },
    station: { idle: '空闲', waiting: '在排队', call: '通话中', fault: '设备告警', offline: '离线', closed: '不开' },
    fault: { camera_denied: '摄像头没有允许', camera_missing: '没有摄像头', mic_missing: '没有麦克风', document_camera_missing: '没有高拍仪' },
    who: { self: '本人办', specialist: '专员陪同', family: '替家人办' },
    side: { front: '正面', back: '反面', page: '单页' },
    offer: {
      own: '您包联的村居来电', other: '居民来电', left: '还剩 {n} 秒', waited: '已经等', specialist: '专员', who: '谁来办', resident: '居民', elder: '优先，请说慢一点',
      decline: '拒接，要写原因', accept: '接听', otherwise: '不接会退回队首', why: '为什么拒接？', blink: '来电：{station}',
    },
    decline: { busy: '手上有急事', not_mine: '不是我的业务', device: '设备有问题', other: '其他原因' },
    call: {
      resident: '居民', resident_picture: '居民的画面', own_picture: '您自己的画面', station_lost: '村里断线了，正在等它回来', connecting: '正在接通', late: '对方画面还没有来，可以结束后重新呼叫。', unlock: '点这里打开声音',
      hidden: '画面已关', no_camera: '没有摄像头', about: '这次来电', case: '编号', devices: '设备', elder: '优先',
    },
    quality: { good: '良好', fair: '一般', poor: '差', unknown: '测量中', delay: '延时 {n} ms', loss: '丢包 {n} %', rate: '{n} Mbit/s' },
    keys: { label: '通话按钮', mute: '静音', unmute: '取消静音', hide: '关画面', show: '开画面', end: '结束', end_again: '再点一次结束', end_hint: '三秒内再点一次就结束通话', no_microphone: '没有麦克风', no_camera: '没有摄像头' },
    screen: {
      title: '居民屏幕', ended: '通话结束', lost: '村里断线', connecting: '正在接通', shooting: '正在传{what}', laying: '请居民放{what}', talking: '正和您说话',
      help: '居民在叫专员帮忙。', hint: '已提示居民：上一张{hint}，请再拍一次。', said: '居民看到：{text}', write: '写一句', write_label: '写给居民的一句话', send: '发出',
    },
    phrase: { flat: '请放平', closer: '请放近一些', turn: '请转一下，避开反光', slowly: '请稍等' },
    path: { label: '进度', meet: '接通', papers: '材料 {passed}/{needed}', wrapup: '小结' },
    tabs: { label: '右栏', list: '清单', guide: '小蓝书' },
    list: {
      empty: '还没有选定事项，先听居民说。', missing: '还差', judging: '审核中', no_page: '还没有拍', laying: '已请居民放好', shooting: '居民按了拍照，正在传',
      retake_why: '补拍：{why}', ask: '请居民放{what}', ask_short: '请放', ask_side: '请放{what}', asked: '已请居民放{what}', asked_short: '已请放{what}', withdraw: '撤回', needed: '改为需要', not_needed: '这样不适用',
      count: '{passed} / {needed}', still: '样合格，还差{names}', all: '样合格，材料齐了', nothing: '没有要放的材料', no_document_camera: '那边没有高拍仪，请专员来帮忙。',
    },
    verdict: { open: '待审', passed: '合格', retake: '补拍', not_applicable: '不适用' },
    retake: { blurred: '模糊', glare: '反光', cropped: '缺角', wrong: '拿错了' },
    judge: { ask: '这一页可以吗？', reason: '补拍原因', retake: '需补拍', again: '改判' },
    guide: { title: '小蓝书', papers: '要带的材料', none: '这件事不用带材料。', unknown: '居民还没有选事项，先听他说。', unverified: '这一条还没有和部门核对过' },
    viewer: {
      title: '材料', region: '{title}，可以缩放和翻页', tools: '看材料的工具', size: '{w} × {h}', sharp: '清晰', soft: '可能模糊', percent: '{n} %', out: '缩小', in: '放大', fit: '适合窗口', rotate: '旋转',
      key_page: '换页', key_zoom: '缩放', shot: '第 {n} 次拍', hash: 'SHA-256 {hash}', empty: '还没有材料。请居民放好后，这里会出现。', coming: '正在收，{n} %', preview: '{title}，小图',
      failed: '这一页没有收到。', bad_hash: '这一页在路上变了样，不能用。', retry: '重试',
    },
    strip: { label: '页', empty: '还没有', coming: '正在收', error: '没收到' },
    wrapup: {
      title: '小结', times: '通话 {talk}　等待 {wait}', papers: '材料', pages: '{n} 页', no_papers: '这次没有拍材料。', disposition: '办结类型', next: '接下来', note: '备注',
      left: '剩 {n} 秒，到时间只保存，不会自动接下一个', over: '时间到了，写的都在。写完请点完成。', extend: '加 60 秒', finish: '完成，回到就绪', finish_needs: '先选办结类型', saving: '正在保存',
    },
    disposition: {
      accepted: '已受理', pending: '已预审待补', consulted: '仅咨询', offline: '转线下办理', department: '转部门', home_visit: '预约上门', refused: '不予受理', disconnected: '断线未完', mistake: '误呼',
    },
    next: { close: '办结', relay: '转助办', follow: '回访' },
    course: {
      title: '这次通话', accepted: '接听', connected: '接通', page: '收到 {what}', verdict: '{what}：{verdict}', station_lost: '村里断线', station_back: '村里回来了', agent_lost: '座席断线', agent_back: '座席回来了', requeued: '退回排队',
      ended: '通话结束', waited: '等待 {time}',
    },
    ended: { hang_up: '座席结束通话', station_hang_up: '居民结束通话', abandoned: '居民离开', lost: '断线，没有回来' },
    login: {
      title: '登录', morning: '早上好，请登录', day: '您好，请登录', evening: '晚上好，请登录', lead: '先看右边的设备，登录后点「就绪」才会来电。', user: '工号', password: '密码',
      submit: '登录', busy: '正在登录', wait: '请等 {n} 秒再试。',
    },
    devices: {
      title: '设备检查', seen: '居民会这样看到您', camera_name: '摄像头', microphone_name: '麦克风', speaker_name: '耳机', net_name: '网络', notify_name: '通知',
      fine: '正常', heard: '听得到', speak: '请说句话', level: '音量 {n} 格，共 {of} 格', play: '放测试音', replay: '再放一次', did_hear: '听到了', again: '再试一次', allow: '去允许', allowed: '已允许', not_allowed: '未允许',
      net_none: '连不上服务器', net_bad: '断开',
      camera: {
        ok: '正常', asking: '请在浏览器里允许使用摄像头。', denied: '摄像头没有允许。请点地址栏的小锁，选「允许」。不开也能登录，居民只听到声音。',
        missing: '没有找到摄像头。插上后会自动出现。不开也能登录，居民只听到声音。', busy: '摄像头被别的程序占用。关掉它再试。不开也能登录。',
      },
      microphone: { ok: '正常', asking: '请在浏览器里允许使用麦克风。', denied: '麦克风没有允许，居民听不到您。请点地址栏的小锁，选「允许」。', missing: '没有找到麦克风，居民听不到您。请插上耳麦。', busy: '麦克风被别的程序占用。关掉它再试。' },
      tone: { ask: '戴好耳机，放一声听听', played: '能听到测试音吗？', heard: '能听到', failed: '浏览器放不出声音，请检查耳机' },
      notify: { default: '允许后，看别的窗口也不会漏来电', granted: '来电会弹出通知', denied: '浏览器没有允许弹出通知，来电时只响铃' },
    },
    lost: {
      what: '和服务器断开了。', call: '通话还在，说话不受影响。', idle: '正在重新连接，状态会保留。', trying: '正在连接', again: '{n} 秒后再试', now: '马上试',
      media: '视频没有连上。', media_do: '正在自动再试，请稍等。',
    },
    elsewhere: { title: '您的座席已在别处打开', lead: '同一个工号只能有一个座席。接过来以后，那边会停下，通话不会断。', take: '接到这里来' },
    replaced: { title: '座席已被接到别处', lead: '另一个页面接过了您的座席，这里已经停下。', take: '再接回来' },
    foot: { hold: '按住', letter: '再按按钮上的字母', right: '换右栏', keys: '通话按钮', press: '按', everywhere: '走到每一处', server: '服务器 {n} ms', no_camera: '没有摄像头', no_microphone: '没有麦克风', all: '全部快捷键' },
    help: {
      title: '全部快捷键', main: '接听；小结里是完成', mute: '静音', video: '开关画面', ask: '请居民放材料', end: '结束通话，按两次', bar: '到通话按钮', list: '到清单', guide: '到小蓝书', viewer: '到材料',
      verdict: '合格、需补拍、不适用（在材料里）', pages: '换页（在材料里）', zoom: '放大、缩小、适合窗口（在材料里）', rotate: '旋转（在材料里）', disposition: '办结类型（在小结里）',
    },
  },
}
export default texts
